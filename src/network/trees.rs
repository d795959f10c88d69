//! Members and who brought them, as trees: each measure is one walk from the top down or from the bottom up.

/// Who was brought by nobody.
pub(super) const NOBODY: u32 = u32::MAX;

/// The trees of members, who are numbers from 0.
#[derive(Clone, Debug)]
pub(super) struct Trees {
    /// Who brought each; [`NOBODY`] at the top.
    pub sponsor: Vec<u32>,
    /// Those whom one member brought stand beside each other, from `starts[member]` on.
    starts: Vec<u32>,
    brought: Vec<u32>,
    /// All members, sponsors before those whom they brought.
    order: Vec<u32>,
    /// How many stand above each.
    pub level: Vec<u32>,
    /// The one at the top of each one's tree.
    pub top: Vec<u32>,
    /// How many stand below each, on all levels.
    pub downline: Vec<u32>,
}

impl Trees {
    /// From who brought each. Nobody may stand above themselves: see [`rings`].
    pub fn new(sponsor: Vec<u32>) -> Self {
        let n = sponsor.len();
        let mut starts = vec![0u32; n + 1];
        let with_sponsor = || (0..n).filter(|member| sponsor[*member] != NOBODY);
        with_sponsor().for_each(|member| starts[sponsor[member] as usize + 1] += 1);
        for member in 0..n {
            starts[member + 1] += starts[member];
        }
        let mut next = starts.clone();
        let mut brought = vec![0; starts[n] as usize];
        for member in with_sponsor() {
            let place = &mut next[sponsor[member] as usize];
            brought[*place as usize] = member as u32;
            *place += 1;
        }
        let mut order: Vec<u32> = (0..n as u32)
            .filter(|member| sponsor[*member as usize] == NOBODY)
            .collect();
        let mut top: Vec<u32> = (0..n as u32).collect();
        let mut level = vec![0; n];
        let mut at = 0;
        while let Some(member) = order.get(at).map(|member| *member as usize) {
            for recruit in &brought[starts[member] as usize..starts[member + 1] as usize] {
                level[*recruit as usize] = level[member] + 1;
                top[*recruit as usize] = top[member];
                order.push(*recruit);
            }
            at += 1;
        }
        let mut downline = vec![0; n];
        for member in order.iter().rev().map(|member| *member as usize) {
            if sponsor[member] != NOBODY {
                downline[sponsor[member] as usize] += downline[member] + 1;
            }
        }
        Trees {
            sponsor,
            starts,
            brought,
            order,
            level,
            top,
            downline,
        }
    }

    pub fn len(&self) -> usize {
        self.sponsor.len()
    }

    /// Those whom a member brought, in the order of their numbers.
    pub fn recruits(&self, member: usize) -> &[u32] {
        &self.brought[self.starts[member] as usize..self.starts[member + 1] as usize]
    }

    /// All who stand below a member, level by level: the first holds those whom the member brought.
    pub fn below(&self, member: usize) -> Vec<Vec<u32>> {
        let mut levels = Vec::new();
        let mut level = self.recruits(member).to_vec();
        while !level.is_empty() {
            let next = level
                .iter()
                .flat_map(|recruit| self.recruits(*recruit as usize))
                .copied()
                .collect();
            levels.push(std::mem::replace(&mut level, next));
        }
        levels
    }

    /// Of each member the sum over all who stand below.
    pub fn sums_below(&self, own: &[f64]) -> Vec<f64> {
        let mut below = vec![0.0; self.len()];
        for member in self.order.iter().rev().map(|member| *member as usize) {
            if self.sponsor[member] != NOBODY {
                below[self.sponsor[member] as usize] += below[member] + own[member];
            }
        }
        below
    }

    /// How many levels stand below each.
    pub fn levels_below(&self) -> Vec<u32> {
        let mut below = vec![0u32; self.len()];
        for member in self.order.iter().rev().map(|member| *member as usize) {
            if self.sponsor[member] != NOBODY {
                let (above, own) = (self.sponsor[member] as usize, below[member]);
                below[above] = below[above].max(own + 1);
            }
        }
        below
    }

    /// Between how many pairs of others each stands: without the member, the tree falls into one part for each
    /// recruit and one above, and the pairs are those of two parts.
    pub fn betweenness(&self) -> Vec<u64> {
        let square = |n: u64| n * n;
        let mut between: Vec<u64> = (0..self.len())
            .map(|member| {
                let others = u64::from(self.downline[self.top[member] as usize]);
                let above = others - u64::from(self.downline[member]);
                square(others) - square(above)
            })
            .collect();
        for member in 0..self.len() {
            if self.sponsor[member] != NOBODY {
                between[self.sponsor[member] as usize] -=
                    square(u64::from(self.downline[member]) + 1);
            }
        }
        between.iter_mut().for_each(|twice| *twice /= 2);
        between
    }

    /// For the member at the top of each tree the sum of the distances between all pairs of its members, the
    /// Wiener index: the way up from a member lies between those below and all others.
    pub fn distances(&self) -> Vec<u128> {
        let mut sums = vec![0u128; self.len()];
        for member in 0..self.len() {
            let top = self.top[member] as usize;
            let below = u128::from(self.downline[member]) + 1;
            sums[top] += below * (u128::from(self.downline[top]) + 1 - below);
        }
        sums
    }
}

/// The members who stand above themselves.
pub(super) fn rings(sponsor: &[u32]) -> Vec<u32> {
    // Whose walk has been here; each walk goes up until it meets one.
    let mut walk_of = vec![NOBODY; sponsor.len()];
    let mut rings = Vec::new();
    for start in 0..sponsor.len() as u32 {
        let mut at = start;
        while at != NOBODY && walk_of[at as usize] == NOBODY {
            walk_of[at as usize] = start;
            at = sponsor[at as usize];
        }
        // It has met itself: from here on it is a ring.
        if at != NOBODY && walk_of[at as usize] == start {
            let first = at;
            loop {
                rings.push(at);
                at = sponsor[at as usize];
                if at == first {
                    break;
                }
            }
        }
    }
    rings.sort_unstable();
    rings
}
