export { ConfigError } from "./config/config-error.ts";
export type { Config } from "./config/config.ts";
export { loadConfig, parseConfig } from "./config/load-config.ts";
export type { LoadedConfig } from "./config/load-config.ts";
export { startGateway } from "./gateway.ts";
export type { Gateway } from "./gateway.ts";
