// `npm test`: everything. Goes on after a failure, exits non-zero if there was one; the last line is the count.
import { BUILD, CHECKS, conclude, runCheck, runTests } from "./checks.ts";

conclude([
  ...CHECKS.map(runCheck),
  runTests("unit"),
  runCheck(BUILD),
  runTests("integration"),
  runTests("browser"),
]);
