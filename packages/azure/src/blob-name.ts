/**
 * The name of the blob for a key, below the path. Azure drops dots and slashes at the end of a segment, and a URL resolves the segments
 * `.` and `..`, so such a segment, and an empty one, gets a `~` at its end; one that ends with a `~` gets another. No two keys share a name.
 */
export function blobNameOf(key: string): string {
  return key.replaceAll(/(?<=^|\/|\.|~)(?=\/|$)/g, "~");
}

/** What the names of all keys start with that start with `prefix`: its last segment may go on, and is left as it is. */
export function blobPrefixOf(prefix: string): string {
  const end = prefix.lastIndexOf("/") + 1;
  return end === 0 ? prefix : `${blobNameOf(prefix.slice(0, end - 1))}/${prefix.slice(end)}`;
}

/** The key that a name was made of. */
export function keyOf(blobName: string): string {
  return blobName.replaceAll(/~(?=\/|$)/g, "");
}
