//! A tree as a list of nodes.

use serde::{Deserialize, Serialize};

/// The bit of a node's column that says where a missing value goes.
const MISSING_LEFT: u32 = 1 << 31;
/// The column of a leaf.
const LEAF: u32 = MISSING_LEFT - 1;

/// Rows that go down a tree together.
const TOGETHER: usize = 8;

/// A split, or a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Node {
    /// What is not above goes left.
    threshold: f64,
    column: u32,
    /// The left child, behind which the right one stands; of a leaf the place of its shares.
    next: u32,
}

/// A tree: from the first node down, and the shares of the classes in its leaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tree {
    pub nodes: Vec<Node>,
    /// For each kind of leaf the share of each class. Most leaves have one class only: those come first.
    shares: Vec<f32>,
}

impl Node {
    pub fn split(column: usize, threshold: f64, missing_left: bool, children: usize) -> Self {
        Node {
            threshold,
            column: column as u32 | if missing_left { MISSING_LEFT } else { 0 },
            next: children as u32,
        }
    }
}

impl Tree {
    /// Without a node.
    pub fn new(k: usize) -> Self {
        let mut shares = vec![0.0; k * k];
        (0..k).for_each(|class| shares[class * k + class] = 1.0);
        Tree {
            nodes: Vec::new(),
            shares,
        }
    }

    /// A node more, and its place.
    pub fn push(&mut self) -> usize {
        self.nodes.push(Node {
            threshold: 0.0,
            column: LEAF,
            next: 0,
        });
        self.nodes.len() - 1
    }

    /// Makes a node a leaf with these rows.
    pub fn leaf(&mut self, node: usize, counts: &[u32], weights: &[f64]) {
        let k = counts.len();
        let mut there = (0..k).filter(|class| counts[*class] > 0);
        self.nodes[node].next = match (there.next(), there.next()) {
            (Some(only), None) => only as u32,
            _ => {
                let own = counts.iter().zip(weights);
                let own: Vec<f64> = own
                    .map(|(count, weight)| f64::from(*count) * weight)
                    .collect();
                let all: f64 = own.iter().sum();
                self.shares.extend(own.iter().map(|own| (own / all) as f32));
                (self.shares.len() / k) as u32 - 1
            }
        };
    }

    /// Adds the shares of the classes in the leaf of each of some rows, which stand one after another.
    pub fn add(&self, rows: &[f64], d: usize, sums: &mut [f64]) {
        let k = sums.len() / (rows.len() / d);
        let groups = rows.chunks(TOGETHER * d).zip(sums.chunks_mut(TOGETHER * k));
        for (rows, sums) in groups {
            let leaves = self.leaves_of(rows, d);
            for (leaf, sums) in leaves.into_iter().zip(sums.chunks_exact_mut(k)) {
                let shares = &self.shares[leaf as usize * k..][..k];
                sums.iter_mut()
                    .zip(shares)
                    .for_each(|(sum, share)| *sum += f64::from(*share));
            }
        }
    }

    /// The places of the shares of some rows' leaves. They go down together: while one waits for its next node,
    /// the others' are fetched.
    fn leaves_of(&self, rows: &[f64], d: usize) -> [u32; TOGETHER] {
        let mut at = [0u32; TOGETHER];
        let n = rows.len() / d;
        loop {
            let mut moved = false;
            for (at, row) in at[..n].iter_mut().zip(rows.chunks_exact(d)) {
                let node = self.nodes[*at as usize];
                let column = node.column & LEAF;
                let is_leaf = column == LEAF;
                let value = row[if is_leaf { 0 } else { column as usize }];
                let missing_left = value.is_nan() & (node.column & MISSING_LEFT != 0);
                let is_left = (value <= node.threshold) | missing_left;
                *at = if is_leaf {
                    *at
                } else {
                    node.next + u32::from(!is_left)
                };
                moved |= !is_leaf;
            }
            if !moved {
                return at.map(|at| self.nodes[at as usize].next);
            }
        }
    }

    /// How many leaves.
    pub fn leaves(&self) -> usize {
        self.nodes.len().div_ceil(2)
    }

    /// How many splits lie above the deepest leaf.
    pub fn depth(&self) -> usize {
        let mut depth = vec![0; self.nodes.len()];
        let mut most = 0;
        for (place, node) in self.nodes.iter().enumerate() {
            most = most.max(depth[place]);
            if node.column & LEAF != LEAF {
                depth[node.next as usize] = depth[place] + 1;
                depth[node.next as usize + 1] = depth[place] + 1;
            }
        }
        most
    }

    /// Whether the parts fit together: a file may have been changed.
    pub fn is_sound(&self, d: usize, k: usize) -> bool {
        let is_leaf = |node: &Node| node.column & LEAF == LEAF;
        let fits = |(place, node): (usize, &Node)| match is_leaf(node) {
            true => (node.next as usize + 1) * k <= self.shares.len(),
            // Children stand behind their parent, so that each walk ends.
            false => {
                let next = node.next as usize;
                ((node.column & LEAF) as usize) < d && next > place && next + 1 < self.nodes.len()
            }
        };
        !self.nodes.is_empty()
            && self.shares.len().is_multiple_of(k)
            && self.nodes.iter().enumerate().all(fits)
    }
}
