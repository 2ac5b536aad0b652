/**
 * The sending thread as one script, put in by the build: packages that are bundled into a job's own bundle cannot find a file beside
 * them. null where the sources run as they are.
 */
export const WORKER_SOURCE: string | null = null;
