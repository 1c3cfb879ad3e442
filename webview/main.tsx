import { render } from 'preact';
import { App } from './app.js';
import { vsCodeHost } from './host.js';
import { Store } from './store.js';
import './style.css';

const root = document.getElementById('root');
if (root) render(<App store={new Store(vsCodeHost())} />, root);
