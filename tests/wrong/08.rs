// Wrong answers to the exercises of lesson 08: what the check of each must say.

// %% 1: how far `ChooseK` looks
let answer_1: usize = 8;

// %% 2: those are all cells
let answer_2: usize = personality::crosstab(&in_segments, "segment", "payment", 0.95)?.height();

// %% 3: how far `ChooseK` looks
let answer_3: usize = 8;
