import { readDaemonFile } from '../../src/home.ts';
import type { RolloutView } from '../../src/store/views.ts';
import type { Alert } from '../servers/pagerduty/alerts.ts';
import { PagerDutyServer, webhook } from '../servers/pagerduty/server.ts';
import { until } from './until.ts';

const key = 'e93facc04764012d7bfb002500d5d1a6';
const secret = 'the subscription’s secret';

/** PagerDuty beside a daemon, and whoever answers there. */
export class OnCall {
  /** For the `page` block of a service. */
  static readonly page =
    '{ pagerduty: { routingKey: "env:PD_TEST" }, runbook: "https://wiki.example.com/x" }';
  readonly server: PagerDutyServer;

  private constructor(server: PagerDutyServer) {
    this.server = server;
  }

  static async begin(): Promise<OnCall> {
    return new OnCall(await PagerDutyServer.start(key));
  }

  async end(): Promise<void> {
    await this.server.close();
  }

  /** What a daemon is told of it. */
  get environment(): Readonly<Record<string, string>> {
    return {
      SLUICE_PAGERDUTY_URL: this.server.url,
      SLUICE_PAGERDUTY_WEBHOOK_SECRETS: 'env:PD_HOOK',
      SLUICE_PUBLIC_URL: 'https://sluice.example.com',
      PD_TEST: key,
      PD_HOOK: secret,
    };
  }

  readonly seen = (): string => JSON.stringify([this.server.alerts.all, this.server.violations]);

  /** Every alert of a rollout; of a silent source by its own key. */
  alerts(rolloutId: string): readonly Alert[] {
    return this.server.alerts.all.filter(({ dedupKey }) => dedupKey.endsWith(`/${rolloutId}`));
  }

  alert(rolloutId: string): Promise<Alert> {
    return until('the page is there', () => this.alerts(rolloutId)[0], { seen: this.seen });
  }

  /** As PagerDuty does it: to the daemon's public address, without a token. Returns its status and answer. */
  async acknowledge(home: string, alert: Alert, id: string): Promise<readonly [number, unknown]> {
    const { body, headers } = webhook(alert, 'incident.acknowledged', ['an older one', secret], { id });
    const { url } = readDaemonFile(home) ?? { url: '' };
    const response = await fetch(`${url}/v1/hooks/pagerduty`, { method: 'POST', headers, body });
    return [response.status, await response.json()];
  }

  async resolved(rolloutId: string): Promise<void> {
    const isOver = (): boolean => {
      const alerts = this.alerts(rolloutId);
      return alerts.length > 0 && alerts.every(({ status }) => status === 'resolved');
    };
    await until('the alert is resolved', isOver, { seen: this.seen });
  }
}

/** The rollout is over, and so is whatever people were told of it. */
export const isTold = (view: RolloutView): boolean =>
  view.endedAt !== null && view.pages.length > 0 && view.pages.every(({ state }) => state === 'resolved');
