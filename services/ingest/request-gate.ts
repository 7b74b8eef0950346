import type { FastifyReply, FastifyRequest } from 'fastify';
import { TaktError } from '../shared/core/errors.ts';

interface Pass {
  closed: boolean;
  working: boolean;
  released: boolean;
}

/** Bounds the requests that are being read or wait for the log, so that memory stays bounded when the log is slow. */
export class RequestGate {
  private readonly requestsMax: number;
  private readonly passes = new WeakMap<FastifyRequest, Pass>();
  private inside = 0;

  constructor(requestsMax: number) {
    this.requestsMax = requestsMax;
  }

  /** Lets a request in. Throws OVERLOADED when too many are inside. */
  enter(request: FastifyRequest, reply: FastifyReply): void {
    if (this.inside >= this.requestsMax)
      throw new TaktError(
        'OVERLOADED',
        `${this.inside} requests are waiting for the log, the most there may be; send this one again later.`,
      );
    this.inside++;
    const pass = { closed: false, working: false, released: false };
    this.passes.set(request, pass);
    reply.raw.once('close', () => {
      pass.closed = true;
      this.release(pass);
    });
  }

  /** Runs the work of a request. Its place is free once it is answered and its work is done, also if the client left. */
  async hold<T>(request: FastifyRequest, work: () => Promise<T>): Promise<T> {
    const pass = this.passes.get(request);
    if (pass === undefined) return work();
    pass.working = true;
    try {
      return await work();
    } finally {
      pass.working = false;
      this.release(pass);
    }
  }

  private release(pass: Pass): void {
    if (pass.released || pass.working || !pass.closed) return;
    pass.released = true;
    this.inside--;
  }
}
