//! A role of many members as JSON that is written a piece at a time: a hundred bytes a member would else
//! be held for as long as the client takes to read them.

use serde_json::to_writer;

use super::shown::{Shown as _, ShownRole, unwritable};
use crate::{
    directory::{Read, ReadError, UserId},
    scim::projection::Projection,
};

/// From so many members on a role is written in pieces.
const MANY: usize = 256;

/// The JSON of a role of many members.
#[derive(Debug, Clone, PartialEq)]
pub struct LongRole {
    /// What stands before the first member.
    head: String,
    /// What stands behind the last one.
    tail: String,
    base_url: String,
    members: Vec<UserId>,
    /// How long each member is.
    member_bytes: usize,
    /// How much was written already: the head, if anything was, and so many members.
    begun: bool,
    written: usize,
}

impl LongRole {
    /// The role, if it has many members, is wanted as it is, and tells no names.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn of(role: &ShownRole<'_>, projection: &Projection) -> Read<Option<Self>> {
        let has_names = role.members.iter().any(|(_, name)| name.is_some());
        let (Some(first), false) = (role.members.first(), has_names) else {
            return Ok(None);
        };
        if role.members.len() < MANY || *projection != Projection::default() {
            return Ok(None);
        }
        let base_url = role.meta.base_url;
        let alone = role.with_member(first.clone()).text(projection)?;
        let member = member(base_url, first.0)?;
        // Nothing that stands behind the members looks like one.
        let parts = alone.rsplit_once(member.as_str());
        let (head, tail) = parts.ok_or_else(|| ReadError("a role has no members".to_owned()))?;
        Ok(Some(Self {
            head: head.to_owned(),
            tail: tail.to_owned(),
            base_url: base_url.to_owned(),
            members: role.members.iter().map(|(id, _)| *id).collect(),
            member_bytes: member.len(),
            begun: false,
            written: 0,
        }))
    }

    /// How many bytes are not written yet. Every id is as long as the others.
    pub fn bytes_left(&self) -> usize {
        let members = self.members.len() - self.written;
        if members == 0 {
            return 0;
        }
        let commas = if self.begun { members } else { members - 1 };
        let head = if self.begun { 0 } else { self.head.len() };
        head + members * self.member_bytes + commas + self.tail.len()
    }

    /// Its beginning, of at least so many bytes, while nothing is written yet.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn beginning(&self, bytes: usize) -> Read<String> {
        let few = self
            .members
            .iter()
            .take(bytes / self.member_bytes.max(1) + 1);
        let mut beginning = Self {
            head: self.head.clone(),
            tail: String::new(),
            base_url: self.base_url.clone(),
            members: few.copied().collect(),
            ..*self
        };
        let piece = beginning.next_piece(bytes)?;
        String::from_utf8(piece).map_err(|error| ReadError(error.to_string()))
    }

    /// The next piece, of about so many bytes; empty behind the last one.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn next_piece(&mut self, bytes: usize) -> Read<Vec<u8>> {
        let left = self.bytes_left();
        let mut piece = Vec::with_capacity(left.min(bytes + self.member_bytes + self.tail.len()));
        while piece.len() < bytes
            && let Some(id) = self.members.get(self.written)
        {
            if self.begun {
                piece.push(b',');
            } else {
                piece.extend(self.head.as_bytes());
                self.begun = true;
            }
            write_member(&mut piece, &self.base_url, *id)?;
            self.written += 1;
            if self.written == self.members.len() {
                piece.extend(self.tail.as_bytes());
            }
        }
        Ok(piece)
    }
}

fn member(base_url: &str, id: UserId) -> Read<String> {
    let mut json = Vec::new();
    write_member(&mut json, base_url, id)?;
    String::from_utf8(json).map_err(|error| ReadError(error.to_string()))
}

fn write_member(json: &mut Vec<u8>, base_url: &str, id: UserId) -> Read<()> {
    to_writer(json, &ShownRole::member(base_url, id, None)).map_err(unwritable)
}
