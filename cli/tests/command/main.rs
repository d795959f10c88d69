//! The command line, as somebody uses it: the results, and what becomes of files with faults.

mod any;
mod bills;
mod density;
mod faults;
mod program;
mod results;
