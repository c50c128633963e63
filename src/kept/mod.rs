//! Rows that a destructive step destroys are kept before, in the same transaction, in tables of the
//! database itself: the losses (`loss`), keeping them (`keep`), the list of kept rows (`list`), the
//! content that steps leave in their place (`left`), and bringing them back (`restore`).

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
mod violated;

pub use keep::{keep, Keeping, Limits};
pub use list::{drop_kept, list, Allow, DropReport, Kept, KeptEntry};
pub use loss::{Effect, Loss};
pub use restore::{effect, restore, RestoreReport, RestoredEntry};
