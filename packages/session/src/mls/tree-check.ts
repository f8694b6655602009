/**
 * The fence before ts-mls looks at a ratchet tree that somebody else made: every index in range, every node
 * where it belongs. Walking up from an index outside the tree used to abort the whole process.
 */
import type { RatchetTree } from "ts-mls";
import type { GroupPolicy } from "../types.ts";
import { isLifetimeBounded } from "./config.ts";
import { membersOf } from "./group.ts";
import { ensure } from "./guard.ts";
import { mlsLimits } from "./limits.ts";
import { checkGroup } from "./policy-check.ts";

/** Throws a `SessionError` unless the tree is one that can safely be walked and belongs to a lawful group. */
export function checkTree(tree: RatchetTree, policy: GroupPolicy): void {
  // The smallest full tree for the most members has 2,048 leaves, hence fewer than twice as many nodes.
  const isBounded = tree.length < 4_096;
  ensure(isBounded, "ERR_MLS_TOO_LARGE", `a group has at most ${mlsLimits.membersMax} devices`);
  for (const [index, node] of tree.entries()) {
    if (node === undefined) continue;
    const isInPlace = (node.nodeType === "leaf") === (index % 2 === 0);
    ensure(isInPlace, "ERR_MLS_INVALID", "a node of the tree is in the wrong place");
    if (node.nodeType === "parent") checkUnmerged(tree, index, node.parent.unmergedLeaves);
    else if (node.leaf.leafNodeSource === "key_package") {
      ensure(isLifetimeBounded(node.leaf.lifetime), "ERR_MLS_INVALID", "the lifetime of a leaf is too long");
    }
  }
  checkGroup({ policy, members: membersOf(tree) });
}

/** Unmerged leaves are non-blank, below their parent, ascending and named once (RFC 9420 §7.9). */
function checkUnmerged(tree: RatchetTree, parentIndex: number, unmerged: readonly number[]): void {
  const reach = lowestZero(parentIndex) - 1;
  let previous = -1;
  for (const leafIndex of unmerged) {
    const nodeIndex = 2 * leafIndex;
    const isBelow = Math.abs(nodeIndex - parentIndex) <= reach && tree[nodeIndex]?.nodeType === "leaf";
    ensure(isBelow && leafIndex > previous, "ERR_MLS_INVALID", "a parent lists an unmerged leaf that is not below it");
    previous = leafIndex;
  }
}

/** The lowest zero bit of an index: a parent with k trailing ones stands above 2^k leaves. */
function lowestZero(index: number): number {
  return ~index & (index + 1);
}
