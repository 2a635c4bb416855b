// Two implementations of WeChat's encryption behind a line protocol: a JSON request a line, a JSON answer a line.
'use strict';

const readline = require('node:readline');
const WXBizMsgCrypt = require('wechat-crypto');
const wecom = require('@wecom/crypto');

const peers = {
  'wechat-crypto': {
    encrypt: (q) => new WXBizMsgCrypt(q.token, q.key, q.id).encrypt(q.text),
    decrypt: (q) => new WXBizMsgCrypt(q.token, q.key, q.id).decrypt(q.text),
    sign: (q) => new WXBizMsgCrypt(q.token, q.key, q.id).getSignature(q.timestamp, q.nonce, q.text),
  },
  '@wecom/crypto': {
    encrypt: (q) => wecom.encrypt(q.key, q.text, q.id),
    decrypt: (q) => {
      const { message, id } = wecom.decrypt(q.key, q.text);
      return { message, id };
    },
    sign: (q) => wecom.getSignature(q.token, q.timestamp, q.nonce, q.text),
  },
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const question = JSON.parse(line);
  let answer;
  try {
    answer = { result: peers[question.peer][question.call](question) };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
});
