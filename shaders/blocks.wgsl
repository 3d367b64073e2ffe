// The division of an epoch's steps into blocks. Twin: src/kernel/blocks.rs.

const BLOCK_STEPS: u32 = 64u;
