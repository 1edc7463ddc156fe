/**
 * How this program is called, for every hint that a person may type as it stands. Not `npx sallyport`: outside a clone
 * that would fetch and run whatever a registry holds under the name.
 */
export const command = 'node dist/bin/sallyport.js';
