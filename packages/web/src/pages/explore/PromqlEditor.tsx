/**
 * Where a query is written: PromQL's colours, completion of metrics, labels and functions against this server, marks
 * where something is wrong. Enter asks, Shift-Enter begins a line. Loaded with Explore only.
 */
import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { PromQLExtension } from "@prometheus-io/codemirror-promql";
import { useEffect, useRef } from "react";
import { fetchWithKey } from "../../api/client.ts";
import { PromqlError } from "../../api/prometheus.ts";
import classes from "./explore.module.css";
import { offsetOfPlace } from "./explore-state.ts";

interface Props {
  /** The text in the address; the editor follows it. */
  query: string;
  /** Of the last asking, to be marked in the text. */
  error: unknown;
  onChange: (text: string) => void;
  onAsk: (text: string) => void;
}

const COLORS = HighlightStyle.define([
  { tag: [tags.keyword, tags.operator, tags.operatorKeyword], color: "var(--bw-lost-text)" },
  { tag: [tags.function(tags.variableName), tags.standard(tags.name)], color: "var(--bw-running-text)" },
  { tag: [tags.labelName, tags.propertyName], color: "var(--bw-accent-text)" },
  { tag: tags.string, color: "var(--bw-success-text)" },
  { tag: [tags.number, tags.literal], color: "var(--bw-late-text)" },
  { tag: tags.comment, color: "var(--bw-faint)" },
  { tag: tags.invalid, color: "var(--bw-failed-text)" },
]);

export default function PromqlEditor({ query, error, onChange, onAsk }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const heard = useRef({ onChange, onAsk });
  heard.current = { onChange, onAsk };
  // The text that the editor begins with; afterwards it follows the address below.
  const first = useRef(query);

  useEffect(() => {
    if (!box.current) return;
    const promql = new PromQLExtension().setComplete({
      remote: {
        url: "",
        httpMethod: "GET",
        fetchFn: (address, init) => fetchWithKey(String(address), init ?? {}),
      },
    });
    const editor = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: first.current,
        extensions: [
          history(),
          bracketMatching(),
          closeBrackets(),
          // Nothing is taken unless it was chosen: Enter asks the query as it stands.
          autocompletion({ selectOnOpen: false }),
          syntaxHighlighting(COLORS),
          promql.asExtension(),
          placeholder("sum by (job_name) (increase(batch_job_completions_total[1d]))"),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": "PromQL query" }),
          Prec.highest(
            keymap.of([{ key: "Enter", run: (editor) => acceptCompletion(editor) || askOnEnter(editor) }]),
          ),
          keymap.of([
            { key: "Mod-Enter", run: askOnEnter },
            ...closeBracketsKeymap,
            ...completionKeymap,
            ...lintKeymap,
            ...historyKeymap,
            ...defaultKeymap,
          ]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) heard.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    function askOnEnter({ state }: EditorView): boolean {
      heard.current.onAsk(state.doc.toString());
      return true;
    }
    return () => {
      promql.destroy();
      editor.destroy();
      view.current = null;
    };
  }, []);

  useEffect(() => {
    const editor = view.current;
    if (editor === null || editor.state.doc.toString() === query) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: query } });
  }, [query]);

  useEffect(() => {
    const editor = view.current;
    if (editor === null) return;
    const text = editor.state.doc.toString();
    const place = error instanceof PromqlError && text.trim() === query ? error.place : null;
    if (place === null || !(error instanceof Error)) {
      editor.dispatch(setDiagnostics(editor.state, []));
      return;
    }
    const from = offsetOfPlace(text, place);
    const to = Math.min(text.length, from + 1);
    editor.dispatch(
      setDiagnostics(editor.state, [
        { from: Math.min(from, Math.max(0, to - 1)), to, severity: "error", message: error.message },
      ]),
    );
  }, [error, query]);

  return <div ref={box} className={classes.editor} />;
}
