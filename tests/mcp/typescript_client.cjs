// A chat by the TypeScript SDK: node typescript_client.cjs MODULES stdio COMMAND ARGUMENT… | MODULES http URL
// Prints one line of JSON: what it saw.
const { createRequire } = require("node:module");

const [modules, kind, target, ...rest] = process.argv.slice(2);
const sdk = createRequire(`${modules}/`);
const { Client } = sdk("@modelcontextprotocol/sdk/client/index.js");
const { StdioClientTransport } = sdk("@modelcontextprotocol/sdk/client/stdio.js");
const { StreamableHTTPClientTransport } = sdk("@modelcontextprotocol/sdk/client/streamableHttp.js");
const { ResourceUpdatedNotificationSchema } = sdk("@modelcontextprotocol/sdk/types.js");

async function main() {
  const transport = kind === "stdio"
    ? new StdioClientTransport({ command: target, args: rest, env: process.env })
    : new StreamableHTTPClientTransport(new URL(target));
  const client = new Client({ name: "typescript", version: "1" });
  await client.connect(transport);

  const heard = new Promise((resolve) =>
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, (update) => resolve(update.params.uri)));
  const listed = await client.listTools();
  await client.subscribeResource({ uri: "sparkq://queues" });
  const added = await client.callTool({ name: "enqueue", arguments: { queue: "backend", prompt: "From TypeScript" } });
  const queues = await client.readResource({ uri: "sparkq://queues" });
  const completed = await client.complete({
    ref: { type: "ref/resource", uri: "sparkq://queues/{queue}" }, argument: { name: "queue", value: "b" },
  });
  const prompt = await client.getPrompt({ name: "work_queue", arguments: { queue: "backend" } });
  const claimed = await client.callTool({ name: "claim", arguments: { queue: "backend" } });
  const task = claimed.structuredContent.task;
  const settled = await client.callTool({
    name: "complete", arguments: { task_id: task.id, result: "Done.", claim_next: true },
  });
  const refused = await client.callTool({ name: "get_task", arguments: { task_id: 999999 } });
  const patience = new Promise((resolve) => setTimeout(() => resolve("nothing"), 10000).unref());  // ends no run late
  const updated = await Promise.race([heard, patience]);

  console.log(JSON.stringify({
    server: client.getServerVersion().name,
    tools: listed.tools.map((tool) => tool.name),
    withOutput: listed.tools.filter((tool) => tool.outputSchema).length,
    added: added.structuredContent,
    queued: JSON.parse(queues.contents[0].text).queues[0].queued,
    names: completed.completion.values,
    prompt: prompt.messages[0].content.text,
    prompted: task.prompt,
    settled: settled.structuredContent,
    refused: { isError: refused.isError, code: refused.structuredContent.error },
    updated,
  }));
  await client.close();
}

main().catch((error) => { console.error(error); process.exit(1); });
