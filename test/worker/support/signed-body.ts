/** A webhook as GitHub signs it, without the name of the delivery. */
export type SignedBody = { readonly body: string; readonly headers: Readonly<Record<string, string>> };
