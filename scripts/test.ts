// `npm test`: everything. Goes on after a failure, exits non-zero if there was one; the last line is the count.
import { BUILD, CHECKS, runSteps, tests } from "./checks.ts";

await runSteps([...CHECKS, tests("unit"), BUILD, tests("integration"), tests("browser")]);
