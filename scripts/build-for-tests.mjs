// The global set-up of the parts that run on dist, so that vitest called by hand never tests an old build.
import { setUp } from './setup.mjs';

export async function setup() {
  await setUp();
}
