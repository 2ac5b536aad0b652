/** Loads the next page of a list; nothing where there is none. */
import { Button } from "@mantine/core";

interface Props {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> };
  words: string;
}

export function MoreButton({ query, words }: Props) {
  if (!query.hasNextPage) return null;
  return (
    <div style={{ padding: 12, textAlign: "center" }}>
      <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {words}
      </Button>
    </div>
  );
}
