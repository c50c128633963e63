//! Whether something happened to the files of a database since they were last looked at, as Linux reports it (inotify). One
//! read answers that, where looking at each path takes ten times as long.
//!
//! A file is watched under all of its names: deleting it, putting another file in its place and moving it away are events of
//! the file itself. So are a folder on the path that is moved, and a link that is changed.

#[cfg(target_os = "linux")]
pub use linux::FileEvents;

/// Other systems report nothing that could be asked for before each answer.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub struct FileEvents;

#[cfg(not(target_os = "linux"))]
impl FileEvents {
    pub fn of(_main: &[&std::path::Path], _beside: &[&std::path::Path]) -> Option<Self> {
        None
    }

    pub fn take(&self) -> bool {
        true
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use crate::engine::sqlite::lock;
    use rustix::fs::inotify::{add_watch, init, remove_watch, CreateFlags, Reader, WatchFlags};
    use rustix::fs::statfs;
    use std::collections::{HashMap, HashSet};
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, LazyLock, Mutex};

    /// File systems whose changes all come from this machine: ext, XFS, Btrfs, tmpfs, overlayfs, F2FS, ZFS, bcachefs
    /// (`statfs(2)`). What another machine does to a file on a network is reported to nobody here.
    const LOCAL: [i64; 8] =
        [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630, 0xf2f5_2010, 0x2fc1_2fc1, 0xca45_1a4e];
    /// Links that are followed from one path, as the kernel's own limit.
    const LINKS: usize = 40;

    /// The events of one database's files.
    #[derive(Debug)]
    pub struct FileEvents {
        happened: Arc<AtomicBool>,
        watches: Vec<i32>,
    }

    /// What this process watches. One for all databases: a user may have no more than 128.
    struct Watches {
        queue: OwnedFd,
        /// Whom a watch concerns.
        concerned: Mutex<HashMap<i32, Vec<Arc<AtomicBool>>>>,
    }

    static WATCHES: LazyLock<Option<Watches>> = LazyLock::new(|| {
        let queue = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok()?;
        Some(Watches { queue, concerned: Mutex::default() })
    });

    impl FileEvents {
        /// Watches the paths of the main file, whose content counts too, and of the files beside it, whose content does not.
        /// `None` if the system reports nothing of them, or not all.
        pub fn of(main: &[&Path], beside: &[&Path]) -> Option<Self> {
            let watches = WATCHES.as_ref()?;
            let is_local = |path: &&Path| statfs(*path).is_ok_and(|found| LOCAL.contains(&found.f_type));
            if !main.iter().chain(beside).all(|path| path.is_absolute() && is_local(path)) {
                return None;
            }
            // Whatever happened before the first look is found by that.
            let mut events = FileEvents { happened: Arc::new(AtomicBool::new(true)), watches: Vec::new() };
            let content = main.iter().map(|path| (*path, WatchFlags::MODIFY));
            for (path, of_file) in content.chain(beside.iter().map(|path| (*path, WatchFlags::empty()))) {
                events.add(watches, path, of_file)?;
            }
            Some(events)
        }

        /// Watches a file and all that leads to it.
        fn add(&mut self, watches: &Watches, path: &Path, of_file: WatchFlags) -> Option<()> {
            let (mut paths, mut seen, mut links) = (vec![path.to_owned()], HashSet::<PathBuf>::new(), 0);
            while let Some(path) = paths.pop() {
                for part in path.ancestors().filter(|part| part.parent().is_some()) {
                    if !seen.insert(part.to_owned()) {
                        continue;
                    }
                    let found = part.symlink_metadata().ok()?;
                    let flags = if found.is_file() { WatchFlags::ATTRIB | of_file } else { WatchFlags::empty() };
                    if found.is_symlink() {
                        links += 1;
                        paths.push(part.parent()?.join(part.read_link().ok().filter(|_| links <= LINKS)?));
                        self.watch(watches, part, WatchFlags::ATTRIB)?;
                    } else {
                        self.watch(watches, part, flags)?;
                    }
                }
            }
            Some(())
        }

        fn watch(&mut self, watches: &Watches, path: &Path, flags: WatchFlags) -> Option<()> {
            const ALWAYS: WatchFlags = WatchFlags::DELETE_SELF
                .union(WatchFlags::MOVE_SELF)
                .union(WatchFlags::DONT_FOLLOW)
                .union(WatchFlags::MASK_ADD);
            // Held until it is noted whom the watch concerns: its first event may be read by another thread.
            let mut concerned = lock(&watches.concerned);
            let watch = add_watch(&watches.queue, path, flags | ALWAYS).ok()?;
            concerned.entry(watch).or_default().push(Arc::clone(&self.happened));
            self.watches.push(watch);
            Some(())
        }

        /// Whether something may have happened since it was last asked.
        pub fn take(&self) -> bool {
            WATCHES.as_ref().is_none_or(Watches::is_broken) || self.happened.swap(false, Ordering::Relaxed)
        }
    }

    impl Watches {
        /// Reads what has happened, and tells those whom it concerns; true if that cannot be known.
        fn is_broken(&self) -> bool {
            let concerned = lock(&self.concerned);
            let mut buffer = [MaybeUninit::uninit(); 1024];
            let mut events = Reader::new(&self.queue, &mut buffer);
            loop {
                match events.next() {
                    // A full queue has lost events, and says so of no watch.
                    Ok(event) if event.wd() < 0 => {
                        concerned.values().flatten().for_each(|happened| happened.store(true, Ordering::Relaxed));
                    }
                    Ok(event) => {
                        let told = concerned.get(&event.wd()).into_iter().flatten();
                        told.for_each(|happened| happened.store(true, Ordering::Relaxed));
                    }
                    Err(error) => return error != rustix::io::Errno::AGAIN,
                }
            }
        }
    }

    impl Drop for FileEvents {
        fn drop(&mut self) {
            let Some(watches) = WATCHES.as_ref() else { return };
            let mut concerned = lock(&watches.concerned);
            for watch in &self.watches {
                let Some(others) = concerned.get_mut(watch) else { continue };
                if let Some(at) = others.iter().position(|other| Arc::ptr_eq(other, &self.happened)) {
                    others.swap_remove(at);
                }
                if others.is_empty() {
                    concerned.remove(watch);
                    // The watch of a file that is deleted has ended by itself.
                    let _ = remove_watch(&watches.queue, *watch);
                }
            }
        }
    }
}
