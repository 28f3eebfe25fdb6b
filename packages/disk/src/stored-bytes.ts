/** Of SQLite's file format with pages of 8 KiB (https://www.sqlite.org/fileformat2.html, "Cell payload overflow"). */
const pageBytes = 8192;
const usableBytes = 8180;
const longestInPage = 8157;
const leastInPage = 1003;
const overflowBytes = 8188;

/** The numbers of a row, its header and its place in the page. */
const rowOverheadBytes = 30;

/**
 * What an entry takes in the file, within a few per cent: pages hold whole rows, so what is left over in one counts too. Measured from
 * 100 bytes to 30 KB.
 */
export function storedBytes(keyLength: number, valueLength: number): number {
  const row = keyLength + valueLength + rowOverheadBytes;
  const inPage = row <= longestInPage ? row : lengthInPage(row);
  const overflowPages = Math.ceil((row - inPage) / overflowBytes);
  const inTable = overflowPages * pageBytes + pageBytes / Math.floor(usableBytes / inPage);
  // The key again, in pages that are about seven tenths full because keys come in no order; then the order of use and of expiry.
  const inIndexes = 1.45 * (keyLength + 12) + 24;
  return Math.ceil(inTable + inIndexes);
}

function lengthInPage(row: number): number {
  const length = leastInPage + ((row - leastInPage) % overflowBytes);
  return length <= longestInPage ? length : leastInPage;
}
