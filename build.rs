//! Tells the linker how a Node addon is built; without the feature `node` there is nothing to do.
fn main() {
    #[cfg(feature = "node")]
    napi_build::setup();
}
