/** Asks for an API key when the server wants one. The key stays in this tab and goes along with each request. */
import { Button, Modal, PasswordInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { setApiKey, useApiKey } from "../api/api-key.ts";

export function ApiKeyPrompt() {
  const { key, wanted } = useApiKey();
  const [text, setText] = useState("");
  const client = useQueryClient();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === "") return;
    setApiKey(text.trim());
    setText("");
    void client.invalidateQueries();
  };
  return (
    <Modal
      opened={wanted}
      onClose={() => {}}
      withCloseButton={false}
      title="This server asks for a key"
      centered
    >
      <form onSubmit={submit}>
        <PasswordInput
          label="API key"
          description="One with the scope “read”. `batchwatch keys create --scope read` makes one and shows it once."
          error={key === null ? null : "The server does not accept the key you gave."}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          autoComplete="current-password"
          data-autofocus
        />
        <Button type="submit" mt={16}>
          Use this key
        </Button>
      </form>
    </Modal>
  );
}
