// Says that it is ready, answers one message, and is gone with the second.
import process from "node:process";

process.send?.("ready");
process.once("message", (message: string) => {
  process.send?.(`${message}, answered`);
  process.once("message", () => process.exit(7));
});
