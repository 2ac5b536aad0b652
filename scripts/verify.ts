// `npm run verify`: what a change should pass before it is pushed, in less than a minute.
import { CHECKS, runSteps, tests } from "./checks.ts";

await runSteps([...CHECKS, tests("unit")]);
