/** The job's settings in words, each with who said it; what was said elsewhere and lost is shown struck through. */
import { Switch } from "@mantine/core";
import { useState } from "react";
import type { Setting } from "../../api/resources.ts";
import { EmptyState } from "../../components/EmptyState.tsx";
import { Panel } from "../../components/Panel.tsx";
import classes from "./job.module.css";

export function JobSettings({ settings }: { settings: readonly Setting[] }) {
  const [withDefaults, setWithDefaults] = useState(false);
  const said = settings.filter((setting) => setting.source !== "default" || setting.overridden.length > 0);
  const shown = withDefaults ? settings : said;
  return (
    <Panel
      title="Settings"
      aside={
        <Switch
          size="xs"
          label="Show defaults"
          checked={withDefaults}
          onChange={(event) => setWithDefaults(event.currentTarget.checked)}
        />
      }
    >
      {shown.length === 0 ? (
        <EmptyState>Nothing is set: everything is at its default.</EmptyState>
      ) : (
        <dl className={classes.settings}>
          {shown.map((setting) => (
            <div key={setting.name} className={classes.setting}>
              <dt>{settingWords(setting.name)}</dt>
              <dd>
                <span>{setting.text}</span>
                <span className={classes.source} data-source={setting.source}>
                  {setting.source}
                </span>
                {setting.overridden.map((lost) => (
                  <div key={lost.source} className={classes.overridden}>
                    <s>{lost.text}</s> said by {lost.source}, overridden
                  </div>
                ))}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Panel>
  );
}

/** `maxDurationMs` → "Max duration". */
function settingWords(name: string): string {
  const words = name
    .replace(/Ms$/, "")
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/[._]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
