import { connect, type IClientOptions, type IConnackPacket, type MqttClient, ReasonCodes } from 'mqtt';
import type { SourceMessage } from '../../ports/message-source.ts';

/** How to reach a broker, and what to ask it for. */
export interface MqttSettings {
  readonly protocol: 'mqtt' | 'mqtts';
  readonly host: string;
  readonly port: number;
  /** Names the session that the broker keeps. */
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** PEM: who is trusted instead of the system's authorities, and takt's own certificate. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Topic filters. */
  readonly filters: readonly string[];
  /** Messages that the broker may send ahead of their acknowledgement; MQTT 5 tells it so. */
  readonly messagesInFlightMax: number;
  /** Of a longer payload the head is kept. */
  readonly payloadBytesMax: number;
  /** Messages above it the broker does not send at all; MQTT 5 tells it so. */
  readonly packetBytesMax: number;
  /** How long the broker keeps the session without a connection; MQTT 5 tells it so. */
  readonly sessionExpiryS: number;
}

/** Why a connection ended. */
export interface MqttEnd {
  readonly reason: string;
  /** The broker's reason code, where it gave one. */
  readonly code: number | null;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A connection that is half open is missed after one and a half times this. */
const KEEPALIVE_S = 20;
/** A broker that does not answer a good-bye is left without one. */
const CLOSE_TIMEOUT_MS = 2_000;
/** What is kept of a payload that is too long, bytes. */
const HEAD_BYTES = 16 * 1024;
/** Has mqtt.js go on to the next packet without acknowledging this one: `acknowledge` does that when its time has come. */
const ACKNOWLEDGED_LATER = new Error('acknowledged later');

/**
 * One connection to a broker, from CONNECT until it is gone; it is not made again. mqtt.js acknowledges a message when
 * `handleMessage` calls back and gives the next one only then, so each would wait for a flush of its own. Here the next one
 * comes at once, and PUBACK is written by `acknowledge`: to the connection that brought the message, and to no later one,
 * where the same packet id may stand for another message.
 */
export class MqttConnection {
  /** Resolves when all topics are subscribed to, with whether the broker had kept the session; never where `ended` comes first. */
  readonly ready: Promise<boolean>;
  readonly ended: Promise<MqttEnd>;
  private readonly client: MqttClient;
  private subscribed = false;
  private gone = false;

  /** Throws where keys or certificates cannot be used. */
  constructor(settings: MqttSettings, protocolVersion: 4 | 5, receive: (message: SourceMessage) => Promise<void>) {
    const client = connect(optionsOf(settings, protocolVersion));
    this.client = client;
    let failure: Error | null = null;
    // What mqtt.js cannot go on from, such as a packet that it cannot read, ends this connection.
    const fail = (error: Error): void => {
      failure ??= error;
      client.end(true);
    };
    client.on('error', fail);
    client.on('disconnect', ({ reasonCode = 0 }) => fail(refusal(reasonCode)));
    this.ended = new Promise((resolve) =>
      client.once('close', () => {
        this.gone = true;
        resolve(endOf(failure));
      }),
    );
    client.handleMessage = (packet, next) => {
      const { messageId, qos } = packet;
      // A copy: the packet's own is a piece of all that came with it.
      const payload = Buffer.from(packet.payload as Uint8Array);
      const cut = payload.length > settings.payloadBytesMax;
      const message: SourceMessage = {
        topic: packet.topic,
        payload: cut ? Buffer.from(payload.subarray(0, HEAD_BYTES)) : payload,
        payloadBytes: payload.length,
        acknowledge: () => {
          if (qos === 1 && !this.gone) client.stream.write(puback(messageId!));
        },
        comesAgain: () => qos === 1 && this.gone,
      };
      void receive(message).then(() => next(ACKNOWLEDGED_LATER));
    };
    this.ready = new Promise((resolve) =>
      client.once('connect', (connack: IConnackPacket) =>
        this.subscribe(settings.filters, fail, () => resolve(connack.sessionPresent)),
      ),
    );
  }

  private subscribe(filters: readonly string[], fail: (error: Error) => void, done: () => void): void {
    const { client } = this;
    // What is retained is sent for a new subscription only, and counts once in any case.
    client.subscribe([...filters], { qos: 1, rh: 1 }, (error, _topics, answer) => {
      const codes = (answer?.granted ?? []) as readonly number[];
      const refused = codes.findIndex((code) => code !== 1);
      if (refused !== -1) {
        const why =
          codes[refused] === 0 ? 'it grants QoS 0 only, with which messages get lost' : nameOf(codes[refused]!);
        return fail(new Error(`the broker does not let takt subscribe to ${filters[refused]}: ${why}`));
      }
      if (error !== null) return fail(error);
      this.subscribed = true;
      done();
    });
  }

  /** Says good-bye; the broker keeps the session. */
  async close(): Promise<void> {
    const { client } = this;
    const timer = setTimeout(() => client.stream.destroy(), CLOSE_TIMEOUT_MS);
    // mqtt.js would wait for answers before its good-bye.
    client.end(!this.subscribed);
    await this.ended;
    clearTimeout(timer);
  }
}

function optionsOf(settings: MqttSettings, protocolVersion: 4 | 5): IClientOptions {
  const { protocol, host, port, clientId, username, password, tls } = settings;
  return {
    protocol,
    host,
    port,
    clientId,
    protocolVersion,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...tls,
    clean: false,
    resubscribe: false,
    // The next connection is another object: see above.
    reconnectPeriod: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepalive: KEEPALIVE_S,
    // Its debug log would print the password.
    log: () => {},
    ...(protocolVersion === 4
      ? {}
      : {
          properties: {
            sessionExpiryInterval: settings.sessionExpiryS,
            receiveMaximum: settings.messagesInFlightMax,
            maximumPacketSize: settings.packetBytesMax,
          },
        }),
  };
}

/** The same four bytes in MQTT 3.1.1 and 5, where they mean success. */
function puback(messageId: number): Uint8Array {
  return Uint8Array.of(0x40, 2, messageId >> 8, messageId & 0xff);
}

function refusal(code: number): Error {
  return Object.assign(new Error(`the broker ended the connection: ${nameOf(code)}`), { code });
}

function nameOf(code: number): string {
  return (ReasonCodes as Readonly<Record<number, string>>)[code] ?? `reason code ${code}`;
}

function endOf(failure: Error | null): MqttEnd {
  if (failure === null) return { reason: 'the connection was closed', code: null };
  const { code, message } = failure as Error & { readonly code?: unknown };
  // Some errors of connections have no message, only a code such as ECONNREFUSED.
  return { reason: message === '' ? String(code) : message, code: typeof code === 'number' ? code : null };
}
