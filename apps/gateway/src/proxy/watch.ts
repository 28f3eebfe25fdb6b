/**
 * A body that passes through, one piece at a time and at its reader's pace.
 *
 * @param onEnd told once, when it is over; whether it broke off, or its reader left
 * @param onBreak told before a body that breaks off ends, so that the client cannot take it for whole
 */
export function watch(
  body: ReadableStream<Uint8Array>,
  onEnd: (broken: boolean) => void,
  onBreak: () => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let over = false;
  const end = (broken: boolean) => {
    if (!over) onEnd(broken);
    over = true;
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          end(false);
        } catch {
          end(true);
          onBreak();
        }
        controller.close();
      },
      cancel(reason) {
        end(true);
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
