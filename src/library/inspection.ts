/**
 * `sallyport routes ./dist/app.js` loads an application to look at its routes: what it makes meanwhile lives in memory,
 * reads no environment, and listens nowhere. The command and the application may have a copy of this module each, so the
 * sign between them is global.
 */
const key = Symbol.for('sallyport.inspection');

/** The applications that were made while somebody looked. */
export interface Inspection<App> {
  readonly apps: App[];
}

type Global = typeof globalThis & { [key]?: Inspection<unknown> };

/** Begins to look; from here on this process serves nobody. */
export function beginInspection<App>(): Inspection<App> {
  const inspection: Inspection<App> = { apps: [] };
  (globalThis as Global)[key] = inspection;
  return inspection;
}

/** Undefined where nobody looks: always, but under that command. */
export const currentInspection = (): Inspection<unknown> | undefined => (globalThis as Global)[key];
