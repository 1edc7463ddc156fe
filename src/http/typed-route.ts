/** Never exported: under a name anybody could write it. Fastify copies the configuration, symbols with it. */
const kTyped = Symbol('sallyport.typed-route');

/** Marks the configuration of a route of ours, whose errors are a refusal or a fault and nothing between. */
export const markTyped = (config: object): void => {
  Object.assign(config, { [kTyped]: true });
};

/** False for raw routes and those of plugins, which throw errors with a status of their own. */
export const isTyped = (config: object): boolean => kTyped in config;
