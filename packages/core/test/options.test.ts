import { checkOptionTypes } from "@llmcache/core";
import { expect, test } from "vitest";

const check = (options: unknown) => () =>
  checkOptionTypes("connectStore", options as object, {
    bucket: "string",
    verify: "boolean or string",
    tags: "array",
    config: "object",
  });

test.for<[unknown]>([
  [{}],
  [{ bucket: "", verify: false, tags: [], config: {} }],
  [{ verify: "/etc/ca.pem", bucket: undefined }],
])("options of the types that are asked for are taken", ([options]) => {
  expect(check(options)).not.toThrow();
});

test.for<[unknown, string]>([
  [undefined, "connectStore: options must be an object, got undefined"],
  [[], "connectStore: options must be an object, got an array"],
  [{ bukket: "b" }, 'connectStore: unknown option "bukket"; known are bucket, verify, tags, config'],
  [{ bucket: 5 }, "connectStore: bucket must be of type string, got a number"],
  [{ verify: 0 }, "connectStore: verify must be of type boolean or string, got a number"],
  [{ tags: {} }, "connectStore: tags must be of type array, got an object"],
  [{ tags: "" }, "connectStore: tags must be of type array, got an empty string"],
  [{ config: [] }, "connectStore: config must be of type object, got an array"],
  [{ config: null }, "connectStore: config must be of type object, got null"],
])(
  "an option that is unknown or of another type is refused by name, and its value is not told: %j",
  ([options, message]) => {
    expect(check(options)).toThrow(new TypeError(message));
  },
);
