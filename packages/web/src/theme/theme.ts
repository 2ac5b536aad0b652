/** Mantine's theme, made from the tokens: Inter, JetBrains Mono, radius 6, borders before shadows. */
import {
  type CSSVariablesResolver,
  createTheme,
  localStorageColorSchemeManager,
  type MantineColorsTuple,
} from "@mantine/core";
import { cssVariables, DARK, LIGHT, type SchemeTokens } from "./tokens.ts";

const INDIGO: MantineColorsTuple = [
  "#eef0fe",
  "#dcdffb",
  "#b8bef5",
  "#939cee",
  "#7580e6",
  "#5f6ce0",
  "#4452d6",
  "#3b48c4",
  "#333fac",
  "#2a348f",
];

/** Mantine draws its dark controls from these, lightest first. */
const DARK_NEUTRALS: MantineColorsTuple = [
  DARK.text,
  DARK.dim,
  DARK.faint,
  DARK.lineStrong,
  "#3a434e",
  DARK.line,
  DARK.raised,
  DARK.surface,
  DARK.page,
  DARK.sunken,
];

export const theme = createTheme({
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: '"JetBrains Mono", ui-monospace, monospace',
  primaryColor: "accent",
  primaryShade: { light: 6, dark: 6 },
  colors: { accent: INDIGO, dark: DARK_NEUTRALS },
  defaultRadius: 6,
  cursorType: "pointer",
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  components: {
    TextInput: { defaultProps: { size: "sm" } },
    Select: { defaultProps: { size: "sm", checkIconPosition: "right" } },
    Button: { defaultProps: { size: "xs" } },
  },
});

export const resolveVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: schemeVariables(LIGHT),
  dark: schemeVariables(DARK),
});

/** Same key as public/color-scheme.js. */
export const colorSchemeManager = localStorageColorSchemeManager({ key: "batchwatch.scheme" });

function schemeVariables(tokens: SchemeTokens): Record<string, string> {
  return {
    ...cssVariables(tokens),
    "--mantine-color-body": tokens.page,
    "--mantine-color-text": tokens.text,
    "--mantine-color-dimmed": tokens.dim,
    "--mantine-color-default": tokens.surface,
    "--mantine-color-default-hover": tokens.sunken,
    "--mantine-color-default-color": tokens.text,
    "--mantine-color-default-border": tokens.line,
    "--mantine-color-placeholder": tokens.faint,
    "--mantine-color-anchor": tokens.accentText,
    "--mantine-color-error": tokens.outcomes.failed.text,
    "--mantine-color-accent-filled": tokens.accentFill,
    "--mantine-primary-color-filled": tokens.accentFill,
  };
}
