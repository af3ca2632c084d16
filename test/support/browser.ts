import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, type Page, chromium } from "playwright-core";

/** A real browser without a window, with a profile of its own. */
export interface TestBrowser {
  /** Opens a page that notes whatever must not happen on it. */
  open(url: string): Promise<WatchedPage>;
  stop(): Promise<void>;
}

/** An open page and what went wrong on it so far. */
export interface WatchedPage {
  readonly page: Page;
  /**
   * Messages and exceptions of the console, requests to anybody but the server the page came from, and documents without a
   * Content-Security-Policy that forbids all that is not named.
   */
  readonly complaints: readonly string[];
}

/** Starts Debian's Chromium; `make browser` installs it. It can reach nobody but this machine. */
export async function startBrowser(): Promise<TestBrowser> {
  const profile = mkdtempSync(join(tmpdir(), "chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
  return {
    async open(url): Promise<WatchedPage> {
      const watched = await watch(context, new URL(url).origin);
      await watched.page.goto(url);
      return watched;
    },
    async stop(): Promise<void> {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

async function watch(context: BrowserContext, origin: string): Promise<WatchedPage> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", ({ message }) => complaints.push(`exception: ${message}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== "data:") complaints.push(`request to ${request.url()}`);
  });
  page.on("response", (response) => {
    const policy = response.headers()["content-security-policy"] ?? "none";
    if (response.request().isNavigationRequest() && !policy.startsWith("default-src 'none'")) {
      complaints.push(`${response.url()} has the Content-Security-Policy ${policy}`);
    }
  });
  return { page, complaints };
}
