type Listed = { readonly items: readonly { readonly key_id: string }[]; readonly cursor?: string };

/** How many registrations are sealed under each key: of all pages of a list, however many. */
export async function countKeys(
  pageAt: (cursor: string | undefined) => Promise<Listed>,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  let cursor: string | undefined;
  do {
    const page = await pageAt(cursor);
    for (const { key_id: keyId } of page.items) counts[keyId] = (counts[keyId] ?? 0) + 1;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return counts;
}
