/**
 * Numbers of ZooKeeper's protocol, as far as a client needs them that only reads.
 * https://github.com/apache/zookeeper/blob/master/zookeeper-jute/src/main/resources/zookeeper.jute
 */
export const OPERATION = {
  exists: 3,
  getData: 4,
  getChildren: 8,
  ping: 11,
  close: -11,
} as const;

/** Ids of what is no answer to a request with an id of its own. */
export const XID = { event: -1, ping: -2 } as const;

/** The only status that is an answer all the same. */
export const NO_NODE = -101;

/** What servers say of requests, in the words of somebody who must repair it. */
export const STATUS_TEXTS: Readonly<Record<number, string>> = {
  [-4]: "the server has lost its connection to the others",
  [-8]: "the server does not accept the path; it must begin with a slash and not end with one",
  [NO_NODE]: "there is no such node",
  [-102]: "the node may not be read without authentication; allow everybody to read it",
  [-112]: "the session has expired",
  [-115]: "authentication failed",
};
