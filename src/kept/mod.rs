//! What a destructive step destroys is kept before, in the same transaction, in tables of the database itself: what it
//! destroys (`loss`), keeping it (`keep`), the list of what is kept (`list`), what steps leave in its place (`left`), and
//! bringing it back (`restore`).

mod bring;
mod expression;
mod fits;
pub mod keep;
pub mod left;
pub mod list;
pub mod loss;
mod order;
mod refusal;
pub mod restore;
mod target;

pub use keep::{keep, Keeping, Limits};
pub use list::{drop_kept, list, Allow, DropReport, Kept, KeptEntry};
pub use loss::{Effect, Loss};
pub use restore::{restore, RestoreReport, RestoredEntry};
