import { Client } from 'pg';

type Version = 1 | 2 | 3;

/** How each version writes a user, changes one, and reads one. */
const statements: Readonly<Record<Version, { insert: string; change: string; read: string }>> = {
  1: {
    insert: 'insert into users (mail) values ($1) returning id',
    change: 'update users set mail = $2 where id = $1',
    read: 'select mail as value from users where id = $1',
  },
  2: {
    insert: 'insert into users (mail, email) values ($1, $1) returning id',
    change: 'update users set mail = $2, email = $2 where id = $1',
    read: 'select coalesce(email, mail) as value from users where id = $1',
  },
  3: {
    insert: 'insert into users (email) values ($1) returning id',
    change: 'update users set email = $2 where id = $1',
    read: 'select email as value from users where id = $1',
  },
};

export type Wrote = { readonly values: readonly string[]; readonly failures: readonly string[] };

/**
 * A version of a small application that writes as fast as its database lets it: a user, changed at once, read again.
 * What it wrote it remembers; what it read must be what it wrote.
 */
export class Application {
  readonly #client: Client;
  readonly #version: Version;
  readonly #values: string[] = [];
  readonly #failures: string[] = [];
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  private constructor(url: string, version: Version) {
    this.#client = new Client({ connectionString: url });
    this.#version = version;
  }

  static async start(url: string, version: Version): Promise<Application> {
    const application = new Application(url, version);
    await application.#client.connect();
    application.#running = application.#run();
    return application;
  }

  /** Resolves once it has written so many more users. */
  async wrote(more: number): Promise<void> {
    const goal = this.#values.length + more;
    while (this.#values.length < goal) {
      if (this.#failures.length > 0) throw new Error(this.#failures.join('\n'));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async stop(): Promise<Wrote> {
    if (!this.#stopped) {
      this.#stopped = true;
      await this.#running;
      await this.#client.end();
    }
    return { values: this.#values, failures: this.#failures };
  }

  async #run(): Promise<void> {
    const { insert, change, read } = statements[this.#version];
    for (let n = 0; !this.#stopped && this.#failures.length === 0; n += 1) {
      try {
        const value = `v${String(this.#version)}-${String(n)}`;
        const { rows } = await this.#client.query<{ id: string }>(insert, [`${value}-first`]);
        const id = rows[0]?.id;
        await this.#client.query(change, [id, value]);
        const { rows: found } = await this.#client.query<{ value: string }>(read, [id]);
        if (found[0]?.value !== value) throw new Error(`wrote ${value}, read ${String(found[0]?.value)}`);
        this.#values.push(value);
      } catch (error) {
        this.#failures.push(`version ${String(this.#version)}: ${String(error)}`);
      }
    }
  }
}
