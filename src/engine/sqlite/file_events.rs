//! Whether something happened to the files of a database since they were last looked at, as Linux reports it (inotify). One
//! read answers that, where looking at each path takes ten times as long.
//!
//! A file is watched under all of its names: deleting it, putting another file in its place and moving it away are events of
//! the file itself. So are a folder on the path that is moved, and a link that is changed. A new folder or link may take the
//! place of the old one and lead to the same file: so after such an event, the paths are followed and watched anew.

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

    pub fn take(&mut self) -> bool {
        true
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use crate::engine::sqlite::lock;
    use rustix::fs::inotify::{add_watch, init, remove_watch, CreateFlags, ReadFlags, Reader, WatchFlags};
    use rustix::fs::statfs;
    use std::collections::{HashMap, HashSet};
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, LazyLock, Mutex};

    /// File systems whose changes all come from this machine: ext, XFS, Btrfs, tmpfs, overlayfs,
    /// F2FS, ZFS, bcachefs (`statfs(2)`). Changes by another machine to a file on a network are not
    /// reported here.
    const LOCAL: [i64; 8] =
        [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630, 0xf2f5_2010, 0x2fc1_2fc1, 0xca45_1a4e];
    /// Links that are followed from one to the next, as the kernel's own limit.
    const LINKS: usize = 40;

    /// The events of one database's files.
    #[derive(Debug)]
    pub struct FileEvents {
        all: &'static Watches,
        /// The paths of the files, and what is watched of each file beside its names.
        paths: Vec<(PathBuf, WatchFlags)>,
        happened: Arc<Happened>,
        watches: Vec<i32>,
        /// Whether all that leads to the files is watched.
        complete: bool,
    }

    /// What has happened since it was last asked.
    #[derive(Debug, Default)]
    struct Happened {
        /// Whether a file, or what leads to it, may have got another name, other links or other rights.
        names: AtomicBool,
        /// Whether a file may have been written to.
        content: AtomicBool,
    }

    impl Happened {
        fn note(&self, names: bool) {
            let happened = if names { &self.names } else { &self.content };
            happened.store(true, Ordering::Relaxed);
        }
    }

    /// The watches of this process. One for all databases: a user may have no more than 128.
    #[derive(Debug)]
    struct Watches {
        queue: OwnedFd,
        /// Whom a watch concerns.
        concerned: Mutex<HashMap<i32, Vec<Arc<Happened>>>>,
    }

    static WATCHES: LazyLock<Option<Watches>> = LazyLock::new(|| {
        let queue = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok()?;
        Some(Watches { queue, concerned: Mutex::default() })
    });

    impl FileEvents {
        /// Watches the paths of the main file, whose content counts too, and of the files beside
        /// it, whose content does not. `None` if the system reports nothing of them, or not all.
        /// Earlier events are found only by a look at each path.
        pub fn of(main: &[&Path], beside: &[&Path]) -> Option<Self> {
            let content = main.iter().map(|path| (path.to_path_buf(), WatchFlags::MODIFY));
            let paths = content.chain(beside.iter().map(|path| (path.to_path_buf(), WatchFlags::empty()))).collect();
            let all = WATCHES.as_ref()?;
            let mut events = FileEvents { all, paths, happened: Arc::default(), watches: Vec::new(), complete: false };
            events.watch_paths();
            events.complete.then_some(events)
        }

        /// Watches what leads to the files now, and nothing else.
        fn watch_paths(&mut self) {
            let before = std::mem::take(&mut self.watches);
            let paths = self.paths.clone();
            let mut seen = HashSet::new();
            let mut watch = |(path, of_file): &(PathBuf, WatchFlags)| {
                path.is_absolute() && self.watch_path(path, *of_file, &mut seen, LINKS).is_some()
            };
            self.complete = paths.iter().all(&mut watch);
            self.all.release(&before, &self.happened);
        }

        /// Watches a file and all that leads to it, from the root on, and each part before it is looked at: what is changed
        /// meanwhile is an event.
        fn watch_path(
            &mut self,
            path: &Path,
            of_file: WatchFlags,
            seen: &mut HashSet<PathBuf>,
            links: usize,
        ) -> Option<()> {
            let mut parts: Vec<&Path> = path.ancestors().filter(|part| part.parent().is_some()).collect();
            parts.reverse();
            for part in parts {
                if !seen.insert(part.to_owned()) {
                    continue;
                }
                self.watch(part, WatchFlags::empty())?;
                let found = part.symlink_metadata().ok()?;
                if found.is_file() {
                    self.watch(part, WatchFlags::ATTRIB | of_file)?;
                }
                let place = if found.is_symlink() { part.parent()? } else { part };
                if !statfs(place).is_ok_and(|place| LOCAL.contains(&place.f_type)) {
                    return None;
                }
                if found.is_symlink() {
                    self.watch(part, WatchFlags::ATTRIB)?;
                    let target = part.parent()?.join(part.read_link().ok()?);
                    self.watch_path(&target, of_file, seen, links.checked_sub(1)?)?;
                }
            }
            Some(())
        }

        fn watch(&mut self, path: &Path, flags: WatchFlags) -> Option<()> {
            const ALWAYS: WatchFlags = WatchFlags::DELETE_SELF
                .union(WatchFlags::MOVE_SELF)
                .union(WatchFlags::DONT_FOLLOW)
                .union(WatchFlags::MASK_ADD);
            // Held until it is noted whom the watch concerns: its first event may be read by another thread.
            let mut concerned = lock(&self.all.concerned);
            let watch = add_watch(&self.all.queue, path, flags | ALWAYS).ok()?;
            if !self.watches.contains(&watch) {
                concerned.entry(watch).or_default().push(Arc::clone(&self.happened));
                self.watches.push(watch);
            }
            Some(())
        }

        /// Whether something may have happened since it was last asked. If it happened to a name, what leads to the files now
        /// is watched from then on; a look at each path must follow.
        pub fn take(&mut self) -> bool {
            if !self.complete || self.all.is_broken() {
                return true;
            }
            let names = self.happened.names.swap(false, Ordering::Relaxed);
            if names {
                self.watch_paths();
            }
            self.happened.content.swap(false, Ordering::Relaxed) || names
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
                    // A full queue has lost events, and reports it without a watch.
                    Ok(event) if event.wd() < 0 => {
                        concerned.values().flatten().for_each(|happened| happened.note(true));
                    }
                    Ok(event) => {
                        let names = event.events() != ReadFlags::MODIFY;
                        concerned.get(&event.wd()).into_iter().flatten().for_each(|happened| happened.note(names));
                    }
                    Err(error) => return error != rustix::io::Errno::AGAIN,
                }
            }
        }

        /// Ends watches for one of those whom they concern.
        fn release(&self, watches: &[i32], happened: &Arc<Happened>) {
            let mut concerned = lock(&self.concerned);
            for watch in watches {
                let Some(others) = concerned.get_mut(watch) else { continue };
                if let Some(at) = others.iter().position(|other| Arc::ptr_eq(other, happened)) {
                    others.swap_remove(at);
                }
                if others.is_empty() {
                    concerned.remove(watch);
                    // The watch of a file that is deleted has ended by itself.
                    let _ = remove_watch(&self.queue, *watch);
                }
            }
        }
    }

    impl Drop for FileEvents {
        fn drop(&mut self) {
            self.all.release(&self.watches, &self.happened);
        }
    }
}
