//! The admin socket: in the data directory, for the account that runs the server alone.

use std::{
    ffi::OsStr,
    fs, io,
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt},
        net::UnixStream as StdUnixStream,
    },
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use tokio::net::{UnixListener, UnixStream};

use super::{Connections, Facts};
use crate::service::Engine;

/// The longest path that every system takes for a socket, in bytes.
const PATH_BYTES: usize = 100;

/// Where the admin socket of a data directory is: inside it, or where that path is too long for a
/// socket, at a path under the temporary directory that follows from it. Client and server must name
/// the directory by the same path or by one that leads to the same place.
pub fn socket_path(data_directory: &Path) -> PathBuf {
    let inside = data_directory.join("admin.sock");
    if inside.as_os_str().len() <= PATH_BYTES {
        return inside;
    }
    let whole = fs::canonicalize(data_directory)
        .or_else(|_| std::path::absolute(data_directory))
        .unwrap_or_else(|_| data_directory.to_owned());
    let digest = Sha256::digest(whole.as_os_str().as_bytes());
    let name = URL_SAFE_NO_PAD.encode(digest.get(..12).unwrap_or_default());
    std::env::temp_dir()
        .join(format!("rolecall-{name}"))
        .join("admin.sock")
}

/// A bound admin socket. Its file goes when it is dropped.
#[derive(Debug)]
pub struct AdminSocket {
    listener: UnixListener,
    path: PathBuf,
    /// The account that runs the server: who made the socket's file.
    owner: u32,
}

impl AdminSocket {
    /// Binds the socket at a path. A stale one, at which no one listens, is replaced. Must be called
    /// inside a tokio runtime.
    ///
    /// # Errors
    /// Another server listens there, or the file cannot be made; says which.
    pub fn bind(path: &Path) -> io::Result<Self> {
        make_directory(path)?;
        let listener = match UnixListener::bind(path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                remove_stale(path)?;
                UnixListener::bind(path)?
            }
            bound => bound?,
        };
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        let owner = fs::symlink_metadata(path)?.uid();
        let socket = Self {
            listener,
            path: path.to_owned(),
            owner,
        };
        check_directory(path, owner)?;
        Ok(socket)
    }

    /// Answers connections of the account that runs the server, and of root, until `stop` completes.
    pub async fn serve(
        self,
        engine: Arc<Engine>,
        facts: Arc<Facts>,
        stop: impl Future<Output = ()> + Send,
    ) {
        let mut connections = Connections::new(engine, facts);
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok((stream, _)) if self.is_allowed(&stream) => connections.serve(stream),
                Ok(_) => tracing::warn!("an admin connection of another account was closed"),
                Err(error) => {
                    // Out of file descriptors, most likely: accepting again at once would spin.
                    const PAUSE: Duration = Duration::from_millis(100);
                    tracing::warn!(%error, "an admin connection could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        connections.finish().await;
    }

    fn is_allowed(&self, stream: &UnixStream) -> bool {
        stream
            .peer_cred()
            .is_ok_and(|peer| peer.uid() == self.owner || peer.uid() == 0)
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        // Nothing can be done where it is gone already.
        let _ = fs::remove_file(&self.path);
    }
}

/// The folder of the socket, for this account alone where it is made here.
fn make_directory(path: &Path) -> io::Result<()> {
    let Some(directory) = path.parent().filter(|path| *path != OsStr::new("")) else {
        return Ok(());
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)?;
    Ok(())
}

/// Under the temporary directory, anyone might have made the folder first, and could put another
/// socket into the place of ours.
fn check_directory(path: &Path, owner: u32) -> io::Result<()> {
    let Some(directory) = path.parent().filter(|path| *path != OsStr::new("")) else {
        return Ok(());
    };
    if [owner, 0].contains(&fs::metadata(directory)?.uid()) {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        format!(
            "{} belongs to another account; remove it or choose another data directory",
            directory.display()
        ),
    ))
}

/// Removes a socket at which no one listens.
fn remove_stale(path: &Path) -> io::Result<()> {
    let in_use = |why: &str| {
        io::Error::new(
            io::ErrorKind::AddrInUse,
            format!("{} {why}", path.display()),
        )
    };
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        return Err(in_use("is there already and is no socket; move it away"));
    }
    match StdUnixStream::connect(path) {
        Ok(_) => Err(in_use("is answered by another server; stop that first")),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) => Err(error),
    }
}
