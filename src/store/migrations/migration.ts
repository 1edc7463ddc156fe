import type { Engine } from '../query.js';

/** One step of the schema. Forward only: a released one is never changed, a mistake is mended by the next. */
export interface Migration {
  /** Sorts in the order in which they run. */
  readonly name: string;
  /** The tables it makes. One that is there already is somebody else's, and the start refuses. */
  readonly tables: readonly string[];
  statements(engine: Engine): readonly string[];
}
