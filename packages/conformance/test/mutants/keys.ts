import { mutant, type Mutant, type Mutants } from "./mutant.ts";

const mapsKeys = (lie: string, map: (key: string) => string): Mutant =>
  mutant(lie, (honest) => ({
    get: (key, options) => honest.get(map(key), options),
    put: (key, value, options) => honest.put(map(key), value, options),
    delete: (key, options) => honest.delete(map(key), options),
  }));

export const keyMutants: Mutants = {
  "keeps short keys, and those that JavaScript has a use for": [
    mutant("keeps its entries in a plain object", () => {
      const entries: Record<string, Uint8Array> = {};
      return {
        get: async (key) => entries[key],
        put: async (key, value) => void (entries[key] = value),
        delete: async (key) => void Reflect.deleteProperty(entries, key),
      };
    }),
    mapsKeys("uses the second segment of the key", (key) => key.split("/").slice(1).join("/")),
  ],
  "keeps keys of 512 characters, also when only the last one differs": [
    mapsKeys("cuts keys off after 511 characters", (key) => key.slice(0, 511)),
    mapsKeys("keeps 255 characters of each segment", (key) =>
      key
        .split("/")
        .map((segment) => segment.slice(0, 255))
        .join("/"),
    ),
    mapsKeys("keeps 100 segments", (key) => key.split("/").slice(0, 100).join("/")),
  ],
  "keeps keys apart that differ in one character, for every character that a key may have": [
    mapsKeys("has one character for the dot and the dash", (key) => key.replaceAll(".", "-")),
    mapsKeys("has one character for the slash and the underscore", (key) => key.replaceAll("/", "_")),
    mapsKeys("takes digits for the same", (key) => key.replaceAll(/one\d/g, "one0")),
  ],
  "keeps keys apart that begin alike, and deletes only the one that is named": [
    mutant("deletes what is below a key with it", (honest, store) => ({
      delete: async (key, options) => {
        for (const other of [...store.keys()]) if (other.startsWith(`${key}/`)) store.delete(other);
        return honest.delete(key, options);
      },
    })),
    mutant("deletes whatever begins like the key", (_honest, store) => ({
      delete: async (key) => {
        for (const other of [...store.keys()]) if (other.startsWith(key)) store.delete(other);
      },
    })),
    mutant("cannot have a key below a key, as with files and folders", (honest, store) => ({
      put: async (key, value, options) => {
        if (store.has(key.slice(0, key.lastIndexOf("/")))) throw new Error("ENOTDIR");
        return honest.put(key, value, options);
      },
    })),
  ],
  "keeps keys whose segments look like names of files or of core's own records": [
    mutant("leaves out the records of core", (honest) => ({
      put: async (key, value, options) => (key.includes("/_") ? undefined : honest.put(key, value, options)),
    })),
    mapsKeys("takes an ending for its own", (key) => key.replace(/\.tmp$/, ".json")),
    mapsKeys("takes segments for numbers", (key) => key.replaceAll(/\/0+(?=\d)/g, "/")),
  ],
};
