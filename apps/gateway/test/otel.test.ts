import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { instant, startLocalModel } from "@llmcache/local-model";
import { expect, test, vi } from "vitest";
import { chat } from "./start.ts";
import { startProcess } from "./start-process.ts";

test(
  "OpenTelemetry is told where the standard variables say, and hears no prompt",
  { timeout: 120_000 },
  async (context) => {
    const received = new Map<string, string>();
    const receiver = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on("data", (piece: Buffer) => pieces.push(piece));
      request.on("end", () => {
        const path = request.url ?? "";
        received.set(path, `${received.get(path) ?? ""}${Buffer.concat(pieces).toString("latin1")}`);
        response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
      });
    }).listen(0, "127.0.0.1");
    await once(receiver, "listening");
    const model = await startLocalModel({ ...instant });
    context.onTestFinished(async () => {
      receiver.closeAllConnections();
      receiver.close();
      await model.close();
    });
    const config = { listen: { port: 0 }, upstreams: { local: { url: model.origin, private: true } } };
    const { url, child, ended } = await startProcess(context, config, [], {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
      OTEL_METRIC_EXPORT_INTERVAL: "200",
      OTEL_METRIC_EXPORT_TIMEOUT: "100",
      OTEL_METRICS_EXPORTER: "otlp",
      OTEL_SERVICE_NAME: "a-gateway",
    });
    for (let turn = 0; turn < 2; turn++)
      await (await fetch(`${url}/v1/chat/completions`, chat("A secret question"))).text();
    await vi.waitFor(() => expect(received.get("/v1/metrics")).toContain("llmcache.calls"), { timeout: 30_000 });
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(received.get("/v1/traces")).toContain("llmcache.lookup");
    expect(received.get("/v1/metrics")).toContain("llmcache.saved.tokens");
    for (const body of received.values()) {
      expect(body).toContain("a-gateway");
      expect(body).not.toContain("secret question");
    }
  },
);
