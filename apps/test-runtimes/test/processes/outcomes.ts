import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";

describe("a suite", () => {
  test("what a server answers passes", async () => {
    const server = createServer((request, response) => response.end(request.url));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    expect(await (await fetch(`http://127.0.0.1:${port}/asked`)).text()).toBe("/asked");
    server.close();
  });

  test("what is wrong fails", () => {
    expect(1 + 1).toBe(3);
  });

  test("what is left out is not run", () => {
    throw new Error("it was run");
  });
});
