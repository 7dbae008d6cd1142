/** Largest body that is read, decoded. Metadata and registrations are a few KiB; capability statements reach hundreds. */
export const MAX_BODY_BYTES = 1024 * 1024;

/**
 * The body as text, or undefined when it is larger than {@link MAX_BODY_BYTES}; then the rest is not fetched. Counts
 * what arrives after decompression, whatever `content-length` says.
 */
export async function readBody(response: Response): Promise<string | undefined> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > MAX_BODY_BYTES) {
      await reader.cancel().catch(() => undefined);
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}
