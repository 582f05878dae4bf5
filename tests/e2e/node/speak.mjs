// Speaks with OpenAI's client, and prints what it saw as JSON.
import fs from "node:fs";
import path from "node:path";
import OpenAI from "openai";

const [baseURL, folder] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: "unused", maxRetries: 0 });
const sentence = "Every sentence that is streamed arrives while the next one is still being made.";
const told = {};

const whole = await client.audio.speech.create({ model: "tts-1", voice: "alloy", input: sentence });
const file = Buffer.from(await whole.arrayBuffer());
fs.writeFileSync(path.join(folder, "whole.mp3"), file);
told.whole = { type: whole.headers.get("content-type"), bytes: file.length };

const input = Array(6).fill(sentence).join(" ");
const streamed = await client.audio.speech.create({
  model: "gpt-4o-mini-tts", voice: "onyx", input, response_format: "wav",
});
const parts = [];
for await (const part of streamed.body) parts.push(Buffer.from(part));
fs.writeFileSync(path.join(folder, "streamed.wav"), Buffer.concat(parts));
told.streamed = { parts: parts.length };

const failure = async (call) => {
  try {
    await call();
    return null;
  } catch (error) {
    return error;
  }
};

const mistake = await failure(() =>
  client.audio.speech.create({ model: "tts-1", voice: "nobody", input: sentence }));
told.mistake = {
  name: mistake.constructor.name, status: mistake.status, param: mistake.param, code: mistake.code,
  message: mistake.message, requestID: mistake.requestID,
};

const missing = await failure(() => client.models.retrieve("gpt-9"));
told.missing = { name: missing.constructor.name, status: missing.status };

const leaving = new AbortController();
const aborted = await client.audio.speech.create(
  { model: "tts-1", voice: "alloy", input, response_format: "pcm" }, { signal: leaving.signal });
const reader = aborted.body.getReader();
await reader.read();
leaving.abort();
told.aborted = (await failure(async () => {
  while (!(await reader.read()).done);
}))?.name ?? "ended";

console.log(JSON.stringify(told));
