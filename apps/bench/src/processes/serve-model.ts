// Answers every chat at once with the same body, away from the process that is measured.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { chatAnswer } from "../data.ts";

const completion = {
  ...{ id: "chatcmpl-1", object: "chat.completion", created: 1, model: "gpt-4o" },
  choices: [
    { index: 0, message: { role: "assistant", content: JSON.stringify(chatAnswer(1)) }, finish_reason: "stop" },
  ],
  usage: { prompt_tokens: 100, completion_tokens: 400, total_tokens: 500 },
};
const body = Buffer.from(JSON.stringify(completion));

const server = createServer((request, response) => {
  request.resume();
  request.once("end", () => {
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
});
process.once("message", () => {
  server.listen(0, "127.0.0.1", () => {
    process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
});
process.send?.("ready");
