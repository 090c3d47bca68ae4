/** Where the services of the whole suite listen; provided by `startServices.ts`. */
declare module 'vitest' {
  interface ProvidedContext {
    readonly postgresUrl: string;
    readonly redisUrl: string;
    /** `host:port`; undefined where Kafka cannot be had. */
    readonly kafkaBrokers: string | undefined;
  }
}
export {};
