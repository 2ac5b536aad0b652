// `npm run verify`: what a change should pass before it is pushed, in less than a minute.
import { CHECKS, conclude, runCheck, runTests } from "./checks.ts";

conclude([...CHECKS.map(runCheck), runTests("unit")]);
