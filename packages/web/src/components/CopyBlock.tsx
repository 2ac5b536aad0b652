/** Lines to copy into a terminal or an editor, with the button that copies them. */
import { Button, CopyButton } from "@mantine/core";
import classes from "./copy-block.module.css";

export function CopyBlock({ code, label }: { code: string; label: string }) {
  return (
    <div className={classes.block}>
      <pre className={classes.code}>{code}</pre>
      <CopyButton value={code} timeout={2_000}>
        {({ copied, copy }) => (
          <Button className={classes.button} variant="default" onClick={copy} aria-label={`Copy: ${label}`}>
            {copied ? "Copied" : "Copy"}
          </Button>
        )}
      </CopyButton>
    </div>
  );
}
