// SPDX-License-Identifier: BSD-3-Clause
// An NDNts client in one of a few roles, for test_ccn_ndnts.py. It prints one line of JSON when it is
// ready or done.
//
//   node peer.mjs produce PORT PREFIX FILE [register]   answers PREFIX/ping/*, serves FILE as PREFIX/file; answers
//                                                       PREFIX/held/X/* once somebody has asked for PREFIX/release/X
//   node peer.mjs fetch PORT NAME FILE                  fetches a segmented object
//   node peer.mjs ask PORT NAME...                      one Interest each, once a line came on standard input;
//                                                       Data's content or the Nack's reason
//
// PORT is the UDP port of the router, or of the gateway to its Ethernet, at HOST (default 127.0.0.1); its own
// port is 6364.
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";

import { consume, produce } from "@ndn/endpoint";
import { FwPacket } from "@ndn/fw";
import { L3Face } from "@ndn/l3face";
import { enableNfdPrefixReg } from "@ndn/nfdmgmt";
import { UdpTransport } from "@ndn/node-transport";
import { Data, digestSigning, Interest } from "@ndn/packet";
import { fetch, FileChunkSource, serve } from "@ndn/segmented-object";
import { fromUtf8, toUtf8 } from "@ndn/util";

const [role, port, ...args] = process.argv.slice(2);
const host = process.env.HOST ?? "127.0.0.1";
const mtu = 1400;
const remote = {
  host, port: Number(port),
  bind: { port: 6364 }, // the gateway knows it
  recvBufferSize: 4 << 20, sendBufferSize: 4 << 20,
};

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function connect(addRoutes) {
  return UdpTransport.createFace({ addRoutes, lp: { mtu } }, remote);
}

async function runProducer(prefix, file, register) {
  const face = await connect([]);
  if (register) {
    enableNfdPrefixReg(face, { signer: digestSigning });
  }
  produce(`${prefix}/ping`, async (interest) =>
    new Data(interest.name, Data.FreshnessPeriod(1), toUtf8(`pong ${interest.name}`)), { dataSigner: digestSigning });
  const gates = new Map(); // X -> a promise and what fulfils it
  const gate = (x) => {
    if (!gates.has(`${x}`)) {
      let open;
      const opened = new Promise((resolve) => { open = resolve; });
      gates.set(`${x}`, { open, opened });
    }
    return gates.get(`${x}`);
  };
  produce(`${prefix}/held`, async (interest) => {
    await gate(interest.name.at(-2)).opened;
    return new Data(interest.name, Data.FreshnessPeriod(1), toUtf8("held"));
  }, { dataSigner: digestSigning, concurrency: 1000 });
  produce(`${prefix}/release`, async (interest) => {
    gate(interest.name.at(-1)).open();
    return new Data(interest.name, Data.FreshnessPeriod(1), toUtf8("released"));
  }, { dataSigner: digestSigning });
  serve(`${prefix}/file`, new FileChunkSource(file, { chunkSize: 6000 }), { signer: digestSigning });
  say({ ready: true });
}

async function runFetch(name, file) {
  await connect(["/"]);
  const result = fetch(name, { retxLimit: 50 });
  await pipeline(result.chunks(), createWriteStream(file));
  say({ segments: result.count });
  process.exit(0);
}

// A face without a forwarder, since NDNts's own keeps Nacks to itself.
async function runAsk(names) {
  const transport = await UdpTransport.connect(remote);
  const face = new L3Face(transport, {}, { mtu });
  const interests = names.map((name) => new Interest(name, Interest.MustBeFresh, Interest.Lifetime(20000)));
  const waiting = new Map();
  (async () => {
    for await (const packet of face.rx) {
      const { l3 } = packet;
      const nack = l3.reason !== undefined;
      const name = nack ? l3.interest.name : l3.name;
      waiting.get(name.toString())?.(nack ? { name: `${name}`, nack: l3.reason } :
        { name: `${name}`, content: fromUtf8(l3.content) });
    }
  })();
  const answers = interests.map((interest) =>
    new Promise((resolve) => { waiting.set(interest.name.toString(), resolve); }));
  say({ ready: true });
  await once(process.stdin, "data");
  void face.tx((async function* () {
    for (const [i, interest] of interests.entries()) {
      yield FwPacket.create(interest, i + 1);
    }
    await Promise.all(answers);
  })());
  say({ answers: await Promise.all(answers) });
  process.exit(0);
}

switch (role) {
  case "produce":
    await runProducer(...args);
    break;
  case "fetch":
    await runFetch(...args);
    break;
  case "ask":
    await runAsk(args);
    break;
  default:
    throw new Error(`no such role: ${role}`);
}
