/**
 * How this program is called, for every hint that a person may type as it stands, by where the calling module lies. Where
 * npm installed it, `npx sallyport` runs that copy; outside such a project the same words would fetch and run whatever a
 * registry holds under the name, so a clone calls its own file.
 */
export const commandOf = (moduleUrl: string): string =>
  /\/node_modules\/sallyport\/dist\//.test(moduleUrl) ? 'npx sallyport' : 'node dist/bin/sallyport.js';

/** The words for the copy that runs. */
export const command = commandOf(import.meta.url);
